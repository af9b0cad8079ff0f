import { Shell } from "./components/Shell.tsx";
import { Timer } from "./components/Timer.tsx";

const title = "{{title}}";

export default function App() {
  return (
    <Shell title={title} width="narrow">
      <Timer />
    </Shell>
  );
}
