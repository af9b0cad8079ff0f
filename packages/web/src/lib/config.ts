import { createContext, use } from "react";
import type { PublicConfig } from "@leo/core/api.ts";
import { noteServerTime } from "./clock.ts";
import { NetworkError, overNetwork } from "./errors.ts";
import { publicApi, read } from "./http.ts";

/** Reads what the server tells every browser. @throws NetworkError when it is out of reach or does not answer */
export const fetchConfig = async (): Promise<PublicConfig> => {
  const response = await overNetwork(publicApi.config.$get());
  noteServerTime(response);
  if (!response.ok) throw new NetworkError(`The server returned status ${response.status}.`);
  return read(response);
};

export const ConfigContext = createContext<PublicConfig | undefined>(undefined);

export const useConfig = (): PublicConfig => {
  const config = use(ConfigContext);
  if (!config) throw new Error("There is no ConfigContext above this component.");
  return config;
};
