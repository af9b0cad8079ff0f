// Runs first in every previewed page. Three things only:
//
// - it takes the link's token out of the address bar; the page's cookie has it by now;
// - it tells the frame around it of errors, as `{ type: "leo:app-error", message }`;
// - where the browser refuses storage (an opaque origin, or a third party's frame in a strict
//   browser), it puts a storage in place that the frame keeps: read from `window.name`, written
//   back there and posted as `{ type: "leo:app-storage", data }`.
(() => {
  const address = new URL(location.href);
  if (address.searchParams.has("leo-link")) {
    address.searchParams.delete("leo-link");
    history.replaceState(history.state, "", address.href);
  }

  const tell = (message) => {
    if (window.parent !== window) window.parent.postMessage(message, "*");
  };
  const textOf = (value) => {
    if (value instanceof Error) return value.stack || value.message;
    if (typeof value !== "object" || value === null) return String(value);
    try {
      return JSON.stringify(value);
    } catch {
      // It holds itself, or what has no JSON.
      return String(value);
    }
  };
  /** Fills in what a console fills in: https://console.spec.whatwg.org/#formatter */
  const lineOf = ([first, ...rest]) => {
    if (typeof first !== "string") return [first, ...rest].map(textOf).join(" ");
    const filled = first.replace(/%[csdifoO]/g, (mark) => {
      if (rest.length === 0) return mark;
      const value = textOf(rest.shift());
      return mark === "%c" ? "" : value;
    });
    return [filled, ...rest.map(textOf)].join(" ");
  };
  const tellError = (...values) => tell({ type: "leo:app-error", message: lineOf(values) });
  window.addEventListener("error", (event) => tellError(event.error ?? event.message));
  window.addEventListener("unhandledrejection", (event) => tellError(event.reason));
  const consoleError = console.error;
  console.error = (...values) => {
    consoleError.apply(console, values);
    tellError(...values);
  };

  const isRefused = (kind) => {
    try {
      return window[kind] === null;
    } catch {
      // Reading it throws exactly when the browser refuses it.
      return true;
    }
  };

  const kept = () => {
    try {
      const { leo } = JSON.parse(window.name);
      return typeof leo === "object" && leo !== null ? leo : {};
    } catch {
      // The frame has no name of ours: nothing is kept yet.
      return {};
    }
  };

  const createStorage = (kind) => {
    const entries = new Map(Object.entries(kept()[kind] ?? {}));
    const save = () => {
      const data = { ...kept(), [kind]: Object.fromEntries(entries) };
      window.name = JSON.stringify({ leo: data });
      if (kind === "localStorage")
        tell({ type: "leo:app-storage", data: { localStorage: data.localStorage } });
    };
    const methods = {
      getItem: (key) => entries.get(String(key)) ?? null,
      setItem: (key, value) => {
        entries.set(String(key), String(value));
        save();
      },
      removeItem: (key) => {
        if (entries.delete(String(key))) save();
      },
      clear: () => {
        entries.clear();
        save();
      },
      key: (index) => [...entries.keys()][index] ?? null,
    };
    return new Proxy(methods, {
      get: (target, key) => {
        if (key === "length") return entries.size;
        return Object.hasOwn(target, key) ? target[key] : entries.get(key);
      },
      set: (target, key, value) => {
        target.setItem(key, value);
        return true;
      },
      deleteProperty: (target, key) => {
        target.removeItem(key);
        return true;
      },
      has: (target, key) => Object.hasOwn(target, key) || entries.has(key),
      ownKeys: () => [...entries.keys()],
      getOwnPropertyDescriptor: (_target, key) =>
        entries.has(key)
          ? { value: entries.get(key), writable: true, enumerable: true, configurable: true }
          : undefined,
    });
  };

  for (const kind of ["localStorage", "sessionStorage"]) {
    if (isRefused(kind))
      Object.defineProperty(window, kind, { value: createStorage(kind), configurable: true });
  }
})();
