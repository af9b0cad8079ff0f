import { Calculator } from "./components/Calculator.tsx";
import { Shell } from "./components/Shell.tsx";

const title = "{{title}}";

export default function App() {
  return (
    <Shell title={title} width="narrow">
      <Calculator />
    </Shell>
  );
}
