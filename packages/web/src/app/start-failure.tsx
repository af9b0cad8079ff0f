import { Empty } from "../components/empty.tsx";
import { Button } from "../components/ui/button.tsx";

/** Shown when the page came but the server behind it does not answer. */
export const StartFailure = () => (
  <main className="h-full">
    <title>Leo cannot be reached</title>
    <h1 className="sr-only">Leo cannot be reached</h1>
    <Empty
      title="Leo cannot be reached"
      action={<Button onClick={() => location.reload()}>Load again</Button>}
    >
      The page is here, but the server behind it does not answer. It may be starting; try again in a moment.
    </Empty>
  </main>
);
