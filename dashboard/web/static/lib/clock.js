// The time of the page: ticks once a second for what is shown relative to now.
import { Store, useStore } from "./store.js";

/** Unix seconds, whole. */
export const now = new Store(Math.floor(Date.now() / 1000));

export function startClock() {
  const tick = () => {
    const ms = Date.now();
    now.set(Math.floor(ms / 1000));
    setTimeout(tick, 1000 - (ms % 1000) + 5);
  };
  tick();
}

export const useNow = () => useStore(now);
