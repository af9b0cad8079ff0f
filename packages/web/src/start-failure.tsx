import { Empty } from "./components/empty.tsx";
import { Button } from "./components/ui/button.tsx";
import { isUnreachable } from "./lib/errors.ts";

const UNREACHABLE = {
  title: "Can't reach Leo",
  text: "Leo's server isn't answering. It may be starting; try again in a moment.",
};
const BUG = {
  title: "Leo couldn't start",
  text: "Something went wrong on this page. Reload it; if it keeps happening, tell your administrator.",
};

/** Shown when the page has come but could not start. */
export const StartFailure = ({ error }: { error: unknown }) => {
  const { title, text } = isUnreachable(error) ? UNREACHABLE : BUG;
  return (
    <main className="h-full">
      <title>{title}</title>
      <h1 className="sr-only">{title}</h1>
      <Empty title={title} action={<Button onClick={() => location.reload()}>Try again</Button>}>
        {text}
      </Empty>
    </main>
  );
};
