import { Contact } from "./Contact.tsx";
import { Features } from "./Features.tsx";
import { Questions } from "./Questions.tsx";

interface LandingProps {
  name: string;
  /** What is offered, as in "coffee roastery". */
  subject: string;
}

const SECTIONS = [
  ["#features", "Why us"],
  ["#questions", "Questions"],
  ["#contact", "Contact"],
] as const;

export function Landing({ name, subject }: LandingProps) {
  return (
    <>
      <nav aria-label="Sections" className="flex gap-5 text-sm">
        {SECTIONS.map(([href, label]) => (
          <a
            key={href}
            href={href}
            className="rounded text-slate-600 hover:text-accent-600 dark:text-slate-300 dark:hover:text-accent-400"
          >
            {label}
          </a>
        ))}
      </nav>
      <section className="rounded-3xl bg-gradient-to-br from-accent-600 to-accent-500 px-6 py-20 text-center text-white shadow-2xl">
        <p className="text-sm font-medium tracking-widest uppercase opacity-90">{subject}</p>
        <h2 className="mx-auto mt-4 max-w-2xl text-4xl font-bold text-balance sm:text-6xl">
          {name}, made with care
        </h2>
        <p className="mx-auto mt-5 max-w-xl text-lg opacity-95">
          Everything you hope for from a {subject.toLowerCase()}: honest work, clear prices and people who
          answer.
        </p>
        <a
          href="#contact"
          className="mt-8 inline-block rounded-full bg-white px-8 py-3 font-semibold text-slate-900 transition hover:bg-slate-100"
        >
          Write to us
        </a>
      </section>
      <Features />
      <Questions name={name} />
      <Contact name={name} />
      <footer className="border-t border-slate-300 pt-6 text-sm text-slate-500 dark:border-slate-800 dark:text-slate-400">
        © {name}
      </footer>
    </>
  );
}
