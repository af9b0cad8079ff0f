import { TextField } from "./TextField.tsx";

interface SearchBoxProps {
  value: string;
  onChange: (value: string) => void;
}

export function SearchBox({ value, onChange }: SearchBoxProps) {
  return (
    <search className="block p-3">
      <TextField
        type="search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && onChange("")}
        aria-label="Search"
        placeholder="Search"
        className="w-full"
      />
    </search>
  );
}
