//! Writes `schemas/` from the Rust types: `cargo run -p mindmate-contracts --bin schemas`.

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let files = mindmate_contracts::schemas::files()?;
    for (path, text) in &files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    println!("wrote {} files to schemas/", files.len());
    Ok(())
}
