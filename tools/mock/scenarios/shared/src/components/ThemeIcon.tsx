interface ThemeIconProps {
  theme: "light" | "dark";
}

const RAYS = [0, 45, 90, 135, 180, 225, 270, 315];

/** What the switch leads to: a moon in the light theme, a sun in the dark one. */
export function ThemeIcon({ theme }: ThemeIconProps) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-5 fill-current stroke-current stroke-2">
      {theme === "light" ? (
        <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z" strokeLinejoin="round" />
      ) : (
        <>
          <circle cx="12" cy="12" r="4" />
          {RAYS.map((angle) => (
            <path key={angle} d="M12 2v2.5" strokeLinecap="round" transform={`rotate(${angle} 12 12)`} />
          ))}
        </>
      )}
    </svg>
  );
}
