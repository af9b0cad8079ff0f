import { Shell } from "./components/Shell";
import { TodoList } from "./components/TodoList";

const title = "{{title}}";

export default function App() {
  return (
    <Shell title={title}>
      <TodoList />
    </Shell>
  );
}
