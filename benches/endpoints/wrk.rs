//! What `wrk` reaches against the same server with the same body.

use std::process::Command;

/// Requests a second; nothing where `wrk` is not installed.
pub(crate) fn reach(base_url: &str, body: &[u8]) -> Option<f64> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("post.lua");
    let body = String::from_utf8_lossy(body).replace('\\', "\\\\").replace('\'', "\\'");
    let text = format!(
        "wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'\n"
    );
    std::fs::write(&script, text).unwrap();
    let output = Command::new("wrk")
        .args(["-t1", "-c128", "-d5s", "-s"])
        .arg(&script)
        .arg(format!("{base_url}/chat/completions"))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"))?;
    line.trim().parse().ok()
}
