import type { ComponentProps } from "react";
import { memo } from "react";
import { Streamdown, type ExtraProps } from "streamdown";

type Props<Tag extends keyof React.JSX.IntrinsicElements> = ComponentProps<Tag> & ExtraProps;

const Heading = ({ children }: Props<"h1">) => (
  <p dir="auto" className="font-semibold">
    {children}
  </p>
);

/** Plain elements in place of Streamdown's own; the stylesheet's `.prose` gives them their looks. */
const COMPONENTS = {
  // Each by itself: an answer may have paragraphs of several scripts.
  p: ({ children }: Props<"p">) => <p dir="auto">{children}</p>,
  h1: Heading,
  h2: Heading,
  h3: Heading,
  h4: Heading,
  h5: Heading,
  h6: Heading,
  a: ({ href, children }: Props<"a">) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  ul: ({ children }: Props<"ul">) => <ul dir="auto">{children}</ul>,
  ol: ({ children, start }: Props<"ol">) => (
    <ol dir="auto" start={start}>
      {children}
    </ol>
  ),
  li: ({ children }: Props<"li">) => <li>{children}</li>,
  blockquote: ({ children }: Props<"blockquote">) => <blockquote dir="auto">{children}</blockquote>,
  // A wide block scrolls, so the keyboard must be able to reach it.
  pre: ({ children }: Props<"pre">) => <pre tabIndex={0}>{children}</pre>,
  code: ({ children }: Props<"code">) => <code>{children}</code>,
  inlineCode: ({ children }: Props<"code">) => <code>{children}</code>,
  table: ({ children }: Props<"table">) => <table tabIndex={0}>{children}</table>,
};

/** What the agent writes is not trusted: fetching an image of it would tell its address to a stranger. */
const REMOVED = ["img", "picture", "source", "iframe", "video", "audio", "svg", "object", "embed"];
const SAFE_LINK = /^(?:https?:|mailto:)/i;
const safeLink = (url: string) => (SAFE_LINK.test(url) ? url : null);
const NO_QUESTION = { enabled: false };

interface MarkdownProps {
  text: string;
  /** True while more text may come: marks that are still open are drawn as if they were closed. */
  streaming: boolean;
}

export const Markdown = memo(function Markdown({ text, streaming }: MarkdownProps) {
  return (
    <Streamdown
      className="prose"
      mode={streaming ? "streaming" : "static"}
      controls={false}
      components={COMPONENTS}
      disallowedElements={REMOVED}
      urlTransform={safeLink}
      linkSafety={NO_QUESTION}
      skipHtml
    >
      {text}
    </Streamdown>
  );
});
