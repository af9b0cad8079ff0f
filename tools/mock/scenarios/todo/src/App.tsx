import { Shell } from "./components/Shell.tsx";
import { TodoList } from "./components/TodoList.tsx";

const title = "{{title}}";

export default function App() {
  return (
    <Shell title={title}>
      <TodoList />
    </Shell>
  );
}
