//! AWS passes the suites that every backend passes, over a local AWS whose clock the test moves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pool;
mod stack;
mod under_test;

use under_test::AwsUnderTest;

async fn fresh() -> AwsUnderTest {
    AwsUnderTest::fresh().await
}

mindmate_testkit::conformance_suites!(fresh);
