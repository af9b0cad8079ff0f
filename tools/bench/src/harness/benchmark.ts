import type { Figure } from "./figure.ts";
import type { Services } from "./services.ts";

export interface BenchmarkOptions {
  services: Services;
  rounds: number;
  /** Small and short: shows that everything works, measures nothing. */
  quick: boolean;
  /** Tells the person how far it is. */
  say: (sentence: string) => void;
}

export type Benchmark = (options: BenchmarkOptions) => Promise<Figure[]>;
