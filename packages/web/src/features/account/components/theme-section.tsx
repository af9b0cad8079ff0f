import { Segmented } from "../../../components/ui/segmented.tsx";
import { setTheme, useTheme } from "../../../lib/theme.ts";
import { Section } from "./section.tsx";

const OPTIONS = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

export const ThemeSection = () => (
  <Section title="Appearance">
    <Segmented label="Theme" value={useTheme()} onChange={setTheme} options={OPTIONS} />
  </Section>
);
