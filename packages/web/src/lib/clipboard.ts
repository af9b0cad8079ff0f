/** Copying text, on plain HTTP too, where browsers have no `navigator.clipboard`. */

/** Selects the text in an element that nobody sees and lets the browser copy it; selection and focus stay as they were. */
const copyByCommand = (text: string): boolean => {
  const selection = getSelection();
  if (!selection) return false;
  const ranges = Array.from({ length: selection.rangeCount }, (_, index) => selection.getRangeAt(index));
  const element = document.createElement("span");
  element.textContent = text;
  element.ariaHidden = "true";
  element.style.cssText = "position: fixed; clip-path: inset(50%); white-space: pre; user-select: text";
  // Exactly the text: of a selection a browser may copy more, such as its looks.
  const onCopy = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopPropagation();
  };
  element.addEventListener("copy", onCopy);
  document.body.append(element);
  try {
    selection.selectAllChildren(element);
    // The only way without a secure context; no browser plans to take it away.
    return document.execCommand("copy");
  } finally {
    element.remove();
    selection.removeAllRanges();
    for (const range of ranges) selection.addRange(range);
  }
};

/**
 * Copies text; to be called while a click or a key is handled.
 * @returns false where the browser does not allow it
 */
export const copyText = async (text: string): Promise<boolean> => {
  const clipboard = "clipboard" in navigator ? navigator.clipboard : undefined;
  if (!clipboard) return copyByCommand(text);
  try {
    await clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") return copyByCommand(text);
    throw error;
  }
};
