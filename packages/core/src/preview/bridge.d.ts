export declare const bridge: () => void;
