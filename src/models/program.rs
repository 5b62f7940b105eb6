//! An external program as an endpoint: started when first needed and again when it has died.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

use super::error::EndpointError;
use super::transport::Fault;
use crate::digest::{Digest, Hasher};
use crate::world::World;

/// What stands for a program in call keys: its content, its arguments, and the content of
/// those arguments that name files, such as a script that an interpreter runs. Paths start in
/// `folder`.
pub(super) fn identity(
    program: &str,
    arguments: &[String],
    folder: &Path,
    world: &dyn World,
) -> Result<String, EndpointError> {
    let mut hasher = Hasher::new("tgp.program.v1");
    let path = locate(program, folder, world);
    let content = world.read(&path).map_err(|error| EndpointError::ProgramUnreadable {
        program: program.to_owned(),
        reason: error.to_string(),
    })?;
    hasher.digest(&Digest::of(&content)).number(arguments.len() as u64);
    for argument in arguments {
        match world.read(&folder.join(argument)) {
            Ok(content) => hasher.number(1).digest(&Digest::of(&content)),
            Err(_) => hasher.number(0).text(argument),
        };
    }
    Ok(hasher.finish().hex())
}

/// Where a program lies: where it says, or in a folder of `PATH`.
fn locate(program: &str, folder: &Path, world: &dyn World) -> PathBuf {
    let path = PathBuf::from(program);
    if path.components().count() > 1 {
        return folder.join(path);
    }
    let folders = world.variable("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&folders).map(|folder| folder.join(program));
    places.find(|place| world.stamp(place).is_ok()).unwrap_or(path)
}

/// A program that may or may not be running.
#[derive(Debug)]
pub(super) struct Program {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    running: tokio::sync::Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Killed when dropped.
    _child: Child,
    input: ChildStdin,
    waiting: Arc<Mutex<Waiting>>,
}

/// Who waits for which line.
#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    calls: BTreeMap<u64, oneshot::Sender<Bytes>>,
    /// The program has closed its output; nobody will be answered any more.
    closed: bool,
}

impl Program {
    pub(super) fn new(program: &str, arguments: &[String], folder: &Path) -> Program {
        let is_path = Path::new(program).components().count() > 1;
        Program {
            program: if is_path { folder.join(program) } else { PathBuf::from(program) },
            arguments: arguments.to_vec(),
            folder: folder.to_owned(),
            running: tokio::sync::Mutex::new(None),
        }
    }

    /// Sends one JSON object and waits for the line that answers it.
    pub(super) async fn ask(&self, body: &[u8]) -> Result<Bytes, Fault> {
        let ended = || Fault::Torn("the program ended without answering".to_owned());
        let answer = {
            let mut running = self.running.lock().await;
            if running.as_ref().is_some_and(|running| lock(&running.waiting).closed) {
                *running = None;
            }
            let current = match running.as_mut() {
                Some(current) => current,
                None => running.insert(self.start()?),
            };
            let (sender, answer) = oneshot::channel();
            let id = {
                let mut waiting = lock(&current.waiting);
                waiting.last += 1;
                let id = waiting.last;
                waiting.calls.insert(id, sender);
                id
            };
            let mut line = format!("{{\"id\":{id},").into_bytes();
            line.extend_from_slice(body.get(1..).unwrap_or_default());
            line.push(b'\n');
            if current.input.write_all(&line).await.is_err() {
                *running = None;
                return Err(ended());
            }
            answer
        };
        answer.await.map_err(|_| ended())
    }

    fn start(&self) -> Result<Running, Fault> {
        let mut command = Command::new(&self.program);
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        let mut child = command
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Fault::Unreachable(error.to_string()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::Unreachable("the program has no input or output".to_owned()));
        };
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        tokio::spawn(listen(output, Arc::clone(&waiting)));
        Ok(Running { _child: child, input, waiting })
    }
}

/// Hands each line to the call it answers: the one it names, or else the one longest waiting.
async fn listen(output: ChildStdout, waiting: Arc<Mutex<Waiting>>) {
    #[derive(Deserialize)]
    struct Named {
        id: Option<u64>,
    }
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let id = serde_json::from_str::<Named>(&line).ok().and_then(|named| named.id);
        let call = {
            let mut waiting = lock(&waiting);
            match id {
                Some(id) => waiting.calls.remove(&id),
                None => waiting.calls.pop_first().map(|(_, call)| call),
            }
        };
        if let Some(call) = call {
            // The call may have been given up meanwhile.
            let _ = call.send(line.into());
        }
    }
    let mut waiting = lock(&waiting);
    waiting.closed = true;
    waiting.calls.clear();
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    // No code under this lock can panic half-way through a change.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
