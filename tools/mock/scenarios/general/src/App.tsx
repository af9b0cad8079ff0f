import { Collection } from "./components/Collection.tsx";
import { DemoNote } from "./components/DemoNote.tsx";
import { Shell } from "./components/Shell.tsx";

const title = "{{title}}";
const wish = "{{title}}";
const missing = "{{missing}}";

export default function App() {
  return (
    <Shell title={title}>
      <DemoNote wish={wish} missing={missing} />
      <Collection />
    </Shell>
  );
}
