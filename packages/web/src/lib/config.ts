import { createContext, use } from "react";
import type { PublicConfig } from "@leo/core/api.ts";

/** Reads what the server tells every browser. Throws when it is out of reach. */
export const fetchConfig = async (): Promise<PublicConfig> => {
  const response = await fetch("/api/config");
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  return (await response.json()) as PublicConfig;
};

export const ConfigContext = createContext<PublicConfig | undefined>(undefined);

export const useConfig = (): PublicConfig => {
  const config = use(ConfigContext);
  if (!config) throw new Error("There is no ConfigContext above this component.");
  return config;
};
