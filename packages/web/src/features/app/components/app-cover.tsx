import { useQuery } from "@tanstack/react-query";
import type { App } from "@leo/core/generation.ts";
import { screenshotQuery } from "../api.ts";

/**
 * The app's picture, or the request where there is none.
 * Never the running app: its code would take the focus from the page.
 */
export const AppCover = ({ app }: { app: App }) => {
  const { data: source } = useQuery(screenshotQuery(app.screenshotUrl));
  return (
    <div aria-hidden="true" className="aspect-16/10 overflow-hidden bg-sunken">
      {source === undefined ? (
        <p className="line-clamp-5 p-5 text-[15px] leading-6 text-balance text-faint">{app.latest?.prompt}</p>
      ) : (
        <img src={source} alt="" className="size-full object-cover object-top" />
      )}
    </div>
  );
};
