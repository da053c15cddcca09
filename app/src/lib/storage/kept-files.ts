import { File, Paths } from 'expo-file-system';

const fileOf = (key: string): File => new File(Paths.document, `${key.replace(/[^\w.-]/g, '_')}.json`);

/** Texts of any length in the app's own folder: what was known last, so that it is there without a network. No secrets. */
export const keptFiles = {
  read: async (key: string): Promise<string | null> => {
    const file = fileOf(key);
    return file.exists ? file.text() : null;
  },
  write: async (key: string, value: string | null): Promise<void> => {
    const file = fileOf(key);
    if (value !== null) file.write(value);
    else if (file.exists) file.delete();
  },
};
