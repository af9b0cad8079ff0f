import { Dialog } from "@base-ui/react/dialog";
import { useRef } from "react";
import { buttonClass } from "./ui/button.tsx";
import { inputClass } from "./ui/text-field.tsx";

interface CopyByHandProps {
  /** Undefined while nothing is to be copied. */
  text: string | undefined;
  onClose: () => void;
}

/** Shows text, selected, where the browser does not let a page copy it. */
export const CopyByHand = ({ text, onClose }: CopyByHandProps) => {
  const field = useRef<HTMLTextAreaElement>(null);
  return (
    <Dialog.Root open={text !== undefined} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup
          initialFocus={field}
          className="fixed top-1/2 left-1/2 z-50 w-[min(32rem,calc(100vw-2rem))] -translate-1/2 rounded-xl border border-line bg-surface p-5 shadow-float outline-none"
        >
          <Dialog.Title className="text-base font-semibold">Copy manually</Dialog.Title>
          <Dialog.Description className="mt-1.5 text-sm text-muted">
            This browser doesn't let Leo copy. The text below is selected: press Ctrl+C, or ⌘C on a Mac.
          </Dialog.Description>
          <textarea
            ref={field}
            aria-label="Text to copy"
            readOnly
            rows={6}
            value={text ?? ""}
            onFocus={(event) => event.currentTarget.select()}
            className={`${inputClass} mt-3 h-auto! resize-none py-2 font-mono text-xs`}
          />
          <div className="mt-4 flex justify-end">
            <Dialog.Close className={buttonClass()}>Close</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};
