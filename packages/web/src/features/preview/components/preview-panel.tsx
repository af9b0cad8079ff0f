import { ExternalLink, Monitor, RotateCw, Smartphone, Tablet } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { FRAME_ALLOW, FRAME_SANDBOX } from "@leo/core/preview/frame.ts";
import { buttonClass } from "../../../components/ui/button.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { Segmented } from "../../../components/ui/segmented.tsx";
import { ConsoleDrawer } from "./console-drawer.tsx";
import { useAppErrors } from "../use-app-errors.ts";
import { useAppStorage } from "../use-app-storage.ts";
import { useKeepFocus } from "../use-keep-focus.ts";

const WIDTHS = { full: undefined, tablet: 768, phone: 390 } as const;
type Device = keyof typeof WIDTHS;

const DEVICES = [
  { value: "full", label: "Full width", icon: <Monitor className="size-4" aria-hidden="true" /> },
  { value: "tablet", label: "Tablet, 768 pixels", icon: <Tablet className="size-4" aria-hidden="true" /> },
  { value: "phone", label: "Phone, 390 pixels", icon: <Smartphone className="size-4" aria-hidden="true" /> },
] as const;

interface PreviewPanelProps {
  generationId: string;
  url: string;
  /** "Version 2" */
  versionName: string;
  note?: ReactNode;
}

export const PreviewPanel = ({ generationId, url, versionName, note }: PreviewPanelProps) => {
  const [device, setDevice] = useState<Device>("full");
  const [load, setLoad] = useState(1);
  const frame = useRef<HTMLIFrameElement>(null);
  const { errors, clear } = useAppErrors(frame);
  const frameName = useAppStorage(generationId, frame, load);
  const { onReload, onLoad } = useKeepFocus(frame);
  const reload = () => {
    clear();
    onReload();
    setLoad(load + 1);
  };
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
        <IconButton label="Reload preview" onClick={reload}>
          <RotateCw className="size-4" aria-hidden="true" />
        </IconButton>
        <span className="min-w-0 flex-1 truncate px-1 text-xs text-faint">{note ?? versionName}</span>
        <span className="hidden sm:block">
          <Segmented label="Preview width" value={device} onChange={setDevice} options={DEVICES} />
        </span>
        <a
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          className={`${buttonClass({ variant: "ghost", size: "small" })} ml-1`}
        >
          <ExternalLink className="size-3.5" aria-hidden="true" />
          Open in new tab
        </a>
      </div>
      <div className="min-h-0 flex-1 bg-sunken">
        <div
          className={device === "full" ? "h-full" : "mx-auto h-full border-x border-line"}
          style={{ maxWidth: WIDTHS[device] }}
        >
          <iframe
            ref={frame}
            key={`${url} ${load}`}
            onLoad={onLoad}
            title="Preview"
            name={frameName}
            src={url}
            sandbox={FRAME_SANDBOX}
            allow={FRAME_ALLOW}
            className="size-full border-0 bg-surface"
          />
        </div>
      </div>
      <ConsoleDrawer errors={errors} onClear={clear} />
    </div>
  );
};
