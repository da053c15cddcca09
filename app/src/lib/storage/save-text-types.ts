/** Gives `text` to the rider as a file with that name. */
export type SaveText = (name: string, text: string) => Promise<boolean>;
