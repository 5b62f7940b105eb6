//! Making room in a store.

use crate::models::server::Server;

use super::incremental::{BIND, answering, paid};

#[test]
fn what_no_pipeline_reaches_is_removed_and_nothing_else() {
    let server = Server::start(answering());
    let project = paid(30, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    project.edit("paid.tgp", "Is this a good answer", "Would you call this a good answer");
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    assert_eq!(server.requests(), 90);

    let gc = format!("cache gc --unreached-by paid.tgp {BIND}");
    let told = project.tgp(&format!("{gc} --dry-run")).complete();
    assert_eq!(told.out.trim(), "60 replies and events would stay, 30 would go");
    let told = project.tgp(&gc).complete();
    assert!(told.out.starts_with("60 replies and events kept, 30 removed;"), "{}", told.out);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    assert_eq!(server.requests(), 90);
    project.edit("paid.tgp", "Would you call this", "Is this");
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    assert_eq!(server.requests(), 120);
}

#[test]
fn a_file_that_cannot_be_worked_out_lets_nothing_be_removed() {
    let server = Server::start(answering());
    let project = paid(5, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    project.write("broken.tgp", b"pipeline test.broken @ 1.0.0\n\nquery q from nothing to nobody {}\n");
    let refused = project.tgp(&format!("cache gc --unreached-by paid.tgp broken.tgp {BIND}"));
    assert!(refused.code != 0 && refused.messages.contains("nothing was removed"), "{}", refused.messages);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    assert_eq!(server.requests(), 10);
}
