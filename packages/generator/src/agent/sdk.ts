/** What is used of the agent SDK. It is loaded late, and in a module of its own the rest is left out of the build. */
export { query } from "@anthropic-ai/claude-agent-sdk/core";
