//! Access to the journal for turns: on a thread of its own, so that a slow disk delays only those who wait for it, or
//! inline where everything runs on one thread in a fixed order.

use std::cell::RefCell;
use std::future::Future;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;

use super::{Journal, JournalError};

/// Jobs that may be queued for the thread. Each update queues one at a time, so only very many updates fill it; senders
/// are blocked then.
const JOBS_MAX: usize = 1024;

/// A journal that turns can wait for.
pub trait JournalPort {
    /// Path of the journal file, for error messages.
    fn file(&self) -> &str;

    /// Runs `job` on the journal after all jobs that were queued before; an error when the thread has ended.
    fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Journal) -> R + Send + 'static,
    ) -> impl Future<Output = Result<R, JournalError>>;
}

/// A journal that is used on the calling thread.
#[derive(Debug)]
pub struct Inline<'a> {
    journal: RefCell<&'a mut Journal>,
    file: String,
}

impl<'a> Inline<'a> {
    /// Wraps an open journal.
    pub fn new(journal: &'a mut Journal) -> Self {
        let file = journal.file.clone();
        Self { journal: RefCell::new(journal), file }
    }
}

impl JournalPort for Inline<'_> {
    fn file(&self) -> &str {
        &self.file
    }

    async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Journal) -> R + Send + 'static,
    ) -> Result<R, JournalError> {
        Ok(job(&mut self.journal.borrow_mut()))
    }
}

type Job = Box<dyn FnOnce(&mut Journal) + Send>;

/// A journal on a thread of its own. The thread ends when this is dropped.
#[derive(Debug)]
pub struct JournalThread {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    file: String,
}

impl JournalThread {
    /// Moves the journal to a new thread.
    pub fn start(mut journal: Journal) -> Result<Self, JournalError> {
        let file = journal.file.clone();
        let (jobs, asked) = sync_channel::<Job>(JOBS_MAX);
        let work = move || {
            while let Ok(job) = asked.recv() {
                job(&mut journal);
            }
        };
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(work);
        let thread =
            thread.map_err(|error| JournalError::Thread { file: file.clone(), why: error.to_string() })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), file })
    }

    fn gone(&self) -> JournalError {
        JournalError::Thread { file: self.file.clone(), why: "the thread has ended".to_owned() }
    }
}

impl JournalPort for JournalThread {
    fn file(&self) -> &str {
        &self.file
    }

    async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Journal) -> R + Send + 'static,
    ) -> Result<R, JournalError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |journal: &mut Journal| {
            // Whoever asked may have gone.
            let _unheard = answer.send(job(journal));
        });
        let jobs = self.jobs.as_ref().ok_or_else(|| self.gone())?;
        jobs.send(job).map_err(|_| self.gone())?;
        answered.await.map_err(|_| self.gone())
    }
}

impl Drop for JournalThread {
    /// Waits until all queued jobs are done.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
