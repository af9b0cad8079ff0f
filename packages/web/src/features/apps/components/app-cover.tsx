import { useEffect, useRef, useState } from "react";
import type { App } from "@leo/core/generation.ts";

/** The app is drawn as on a screen of this width, then scaled to the card. */
const SCREEN_WIDTH_PX = 1120;

/** The app itself, small and out of reach: no pointer, no keyboard, no screen reader. */
export const AppCover = ({ app }: { app: App }) => {
  const frame = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(0.25);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setScale(element.clientWidth / SCREEN_WIDTH_PX));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={frame} aria-hidden="true" inert className="relative aspect-16/10 overflow-hidden bg-sunken">
      {app.previewUrl ? (
        <iframe
          src={app.previewUrl}
          title={`${app.name} in small`}
          loading="lazy"
          tabIndex={-1}
          sandbox="allow-scripts allow-same-origin"
          className="pointer-events-none absolute top-0 left-0 origin-top-left border-0"
          style={{ width: SCREEN_WIDTH_PX, height: SCREEN_WIDTH_PX / 1.6, transform: `scale(${scale})` }}
        />
      ) : (
        <p className="line-clamp-5 p-5 text-[15px] leading-6 text-balance text-faint">{app.latest?.prompt}</p>
      )}
    </div>
  );
};
