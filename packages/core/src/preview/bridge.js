/**
 * Runs first in every previewed page, and in the smoke test before it. It's sent as its own source text, so it can't
 * use anything from outside.
 *
 * - It reports errors to the frame around it, as `{ type: "leo:app-error", message }`.
 * - Where the browser refuses storage (an opaque origin, or a third-party frame in a strict browser), it installs a
 *   replacement that the frame keeps: read from `window.name`, written back there and posted as
 *   `{ type: "leo:app-storage", data }`.
 * - On plain HTTP it supplies common features that browsers withhold, and explains errors caused by any others.
 */
export const bridge = () => {
  const tell = (message) => {
    if (window.parent !== window) window.parent.postMessage(message, "*");
  };
  const textOf = (value) => {
    if (value instanceof Error) return value.stack || value.message;
    if (typeof value !== "object" || value === null) return String(value);
    try {
      return JSON.stringify(value);
    } catch {
      // It's circular, or has no JSON form.
      return String(value);
    }
  };
  /** Expands placeholders as a console does: https://console.spec.whatwg.org/#formatter */
  const lineOf = ([first, ...rest]) => {
    if (typeof first !== "string") return [first, ...rest].map(textOf).join(" ");
    const filled = first.replace(/%[csdifoO]/g, (mark) => {
      if (rest.length === 0) return mark;
      const value = textOf(rest.shift());
      return mark === "%c" ? "" : value;
    });
    return [filled, ...rest.map(textOf)].join(" ");
  };

  // Browsers have these only in a secure context, and nothing can replace them. They're silently missing: an app that
  // needs one fails with an error about `undefined`. The patterns match such errors in any browser.
  const WITHHELD = {
    "crypto.subtle":
      /crypto\.subtle|['"](?:decrypt|deriveBits|deriveKey|digest|encrypt|exportKey|generateKey|importKey|unwrapKey|wrapKey)['"]/,
    "navigator.mediaDevices": /mediaDevices|['"](?:enumerateDevices|getDisplayMedia|getUserMedia)['"]/,
    "navigator.serviceWorker": /serviceWorker|['"]register['"]/,
    "navigator.storage": /navigator\.storage|['"](?:estimate|getDirectory|persist)['"]/,
    "navigator.wakeLock": /wakeLock|['"]request['"]/,
    "navigator.share": /\bshare is not a function|navigator\.share\b/,
    caches: /\bcaches\b/,
    ClipboardItem: /\bClipboardItem\b/,
    showOpenFilePicker: /\bshowOpenFilePicker\b/,
    showSaveFilePicker: /\bshowSaveFilePicker\b/,
  };
  const explained = new Set();
  const explain = (values) => {
    if (window.isSecureContext) return;
    const text = values.map((value) => (value instanceof Error ? value.message : String(value))).join(" ");
    for (const [name, pattern] of Object.entries(WITHHELD)) {
      const isThere = name.split(".").reduce((owner, key) => owner?.[key], window) !== undefined;
      if (isThere || explained.has(name) || !pattern.test(text)) continue;
      explained.add(name);
      console.error(
        `${name} is missing: browsers offer it only on HTTPS and on localhost, and this page is on plain HTTP. ` +
          "Do without it, or check for it and keep the app working.",
      );
    }
  };

  const tellError = (...values) => {
    tell({ type: "leo:app-error", message: lineOf(values) });
    explain(values);
  };
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
      // Reading it throws if and only if the browser refuses it.
      return true;
    }
  };

  const kept = () => {
    try {
      const { leo } = JSON.parse(window.name);
      return typeof leo === "object" && leo !== null ? leo : {};
    } catch {
      // The frame's name isn't ours: nothing has been stored yet.
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

  const supply = (owner, name, value) => {
    if (owner[name] === undefined)
      Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  };

  /** Version 4 of RFC 4122. */
  const randomUUID = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
  supply(crypto, "randomUUID", randomUUID);

  /** Like a browser copying a selection; works only while handling a click or a key. */
  const copy = async (text) => {
    const selection = getSelection();
    const ranges = Array.from({ length: selection.rangeCount }, (_, index) => selection.getRangeAt(index));
    const element = document.createElement("span");
    element.textContent = text;
    element.style.cssText = "position: fixed; clip-path: inset(50%); white-space: pre; user-select: text";
    element.addEventListener("copy", (event) => {
      event.clipboardData.setData("text/plain", String(text));
      event.preventDefault();
      event.stopPropagation();
    });
    document.body.append(element);
    selection.selectAllChildren(element);
    const isCopied = document.execCommand("copy");
    element.remove();
    selection.removeAllRanges();
    for (const range of ranges) selection.addRange(range);
    if (!isCopied) throw new DOMException("The browser did not allow copying.", "NotAllowedError");
  };
  const { clipboard } = navigator;
  if (!clipboard) {
    const readText = async () => {
      throw new DOMException("A page on plain HTTP cannot read the clipboard.", "NotAllowedError");
    };
    supply(navigator, "clipboard", { writeText: copy, readText });
  } else if (window.origin === "null") {
    // It exists, but browsers deny it to a frame without an origin.
    const writeText = (text) => Clipboard.prototype.writeText.call(clipboard, text).catch(() => copy(text));
    Object.defineProperty(clipboard, "writeText", { value: writeText, configurable: true, writable: true });
  }
};
