/** The part of the agent SDK in use. In a module of its own it loads late, and the rest stays out of the build. */
export { query } from "@anthropic-ai/claude-agent-sdk/core";
