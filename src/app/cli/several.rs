//! Work on several root modules at once, with results in the order given.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Evaluation follows nested expressions; a thread has the room for it that a process has.
const STACK: usize = 16 << 20;

/// Does the same for each item, as many at a time as there are processors; `one_by_one` where items must wait
/// for each other. What could not be begun is done here.
pub(super) fn each<T: Sync, R: Send>(items: &[T], one_by_one: bool, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if one_by_one { 1 } else { processors.min(items.len()) };
    if workers <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let run = || {
        while let Some((item, slot)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).zip(done.get(at))
        } {
            let result = work(item);
            *slot.lock().unwrap_or_else(|e| e.into_inner()) = Some(result);
        }
    };
    std::thread::scope(|scope| {
        let begin = || std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        let begun = (0..workers).filter(|_| begin().is_ok()).count();
        if begun == 0 {
            run();
        }
    });
    let taken = done.into_iter().map(|slot| slot.into_inner().unwrap_or_else(|e| e.into_inner()));
    items.iter().zip(taken).map(|(item, result)| result.unwrap_or_else(|| work(item))).collect()
}

/// The same for items that the work uses up.
pub(super) fn each_of<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let take = |slot: &Mutex<Option<T>>| slot.lock().unwrap_or_else(|e| e.into_inner()).take();
    each(&items, false, |slot| take(slot).map(&work)).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(super::each(&items, false, |n| n * 2), (0..100).map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(super::each(&items[..1], false, |n| n + 1), [1]);
        assert_eq!(super::each(&items, true, |n| *n), items);
        assert_eq!(super::each_of(items.clone(), |n| n), items);
    }
}
