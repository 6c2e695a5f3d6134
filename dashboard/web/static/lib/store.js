// A value that others watch: the whole state management of the pages.
import { useEffect, useState } from "./preact.js";

/** @template T */
export class Store {
  /** @param {T} value */
  constructor(value) {
    this.value = value;
    /** @type {Set<(value: T) => void>} */
    this.watchers = new Set();
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const fn of [...this.watchers]) fn(value);
  }

  /**
   * Calls fn at each change until the returned function is called.
   * @param {(value: T) => void} fn
   */
  watch(fn) {
    this.watchers.add(fn);
    return () => {
      this.watchers.delete(fn);
    };
  }
}

/**
 * Reads a store in a component, which is drawn again at each change.
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [, set] = useState(store.value);
  useEffect(() => {
    set(store.value); // it may have changed between the first drawing and now
    return store.watch(set);
  }, [store]);
  return store.value;
}
