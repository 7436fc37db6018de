// A short rest after each batch of datagrams, so that those that come meanwhile are read as one batch. Network cards moderate their interrupts for the same reason: to be woken for
// a datagram costs more than to read it, about 5 of 9 us (bench/README.md).

/** What comes meanwhile fits the kernel's queue many times over, and no timer or reader notices. */
const restMs = 1
/** libuv reads at most this many from a socket before it looks at the others: fewer means that the queue is empty. */
const fullBatch = 32

/**
 * Answers a function to call for each datagram. It puts the thread to rest behind a batch that emptied the queue, if the one before it ended less than a rest ago:
 * what comes seldom is read at once. Nothing else of the thread runs meanwhile.
 */
export function createRest(
  rest: (ms: number) => void = sleep,
  nowMs: () => number = () => performance.now(),
): () => void {
  let datagrams = 0
  let endedMs = Number.NEGATIVE_INFINITY
  let beganMs = 0
  // Immediates run when what the sockets had was read.
  const end = () => {
    if (datagrams < fullBatch && beganMs - endedMs < restMs) rest(restMs)
    datagrams = 0
    endedMs = nowMs()
  }
  return () => {
    datagrams++
    if (datagrams > 1) return
    beganMs = nowMs()
    setImmediate(end)
  }
}

const never = new Int32Array(new SharedArrayBuffer(4))

/** Without the event loop: a timer would only tell when the time is over, and datagrams would be read before. */
function sleep(ms: number): void {
  Atomics.wait(never, 0, 0, ms)
}
