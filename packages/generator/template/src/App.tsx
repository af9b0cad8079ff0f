export default function App() {
  return (
    <main className="grid min-h-dvh place-items-center bg-white text-zinc-900 dark:bg-zinc-950 dark:text-zinc-100">
      <p className="text-lg">This app has no content yet.</p>
    </main>
  );
}
