import { Landing } from "./components/Landing.tsx";
import { Shell } from "./components/Shell.tsx";

const title = "{{title}}";
const subject = "{{subject}}";

export default function App() {
  return (
    <Shell title={title} width="wide">
      <Landing name={title} subject={subject} />
    </Shell>
  );
}
