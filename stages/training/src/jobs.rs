//! Work in parts that do not know each other, on a few threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does `count` parts on `threads` threads and gives what they came to, in the parts' order, whatever thread did
/// which. The first error in that order among those that were found ends it; parts that were not begun are left.
///
/// # Errors
/// That of a part.
///
/// # Panics
/// Where a part does.
pub fn in_parallel<T: Send, E: Send>(
    count: usize,
    threads: usize,
    part: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<T, E>>>> = Mutex::new((0..count).map(|_| None).collect());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let came_to = part(index);
            if came_to.is_err() {
                next.store(count, Ordering::Relaxed);
            }
            // Nothing panics while it is held.
            let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            done[index] = Some(came_to);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            scope.spawn(work);
        }
    });
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::in_parallel;

    #[test]
    fn what_parts_come_to_is_in_their_order_on_any_number_of_threads() {
        for threads in [0, 1, 3, 50] {
            let squares = in_parallel(20, threads, |part| Ok::<_, ()>(part * part)).unwrap();
            assert_eq!(squares, (0..20).map(|part| part * part).collect::<Vec<_>>());
        }
        assert_eq!(in_parallel(0, 2, Ok::<_, ()>), Ok(Vec::new()));
    }

    #[test]
    fn an_error_ends_it() {
        let refused = in_parallel(1_000, 2, |part| if part == 3 { Err(part) } else { Ok(part) });
        assert_eq!(refused, Err(3));
    }
}
