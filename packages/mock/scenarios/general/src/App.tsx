import { Collection } from "./components/Collection.tsx";
import { Shell } from "./components/Shell.tsx";

const title = "{{title}}";

export default function App() {
  return (
    <Shell title={title}>
      <Collection />
    </Shell>
  );
}
