import { Board } from "./components/Board.tsx";
import { Shell } from "./components/Shell.tsx";

const title = "{{title}}";

export default function App() {
  return (
    <Shell title={title} width="wide">
      <Board />
    </Shell>
  );
}
