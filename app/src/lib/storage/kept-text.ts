import * as SecureStore from 'expo-secure-store';

/** Small secrets (tokens) in the phone's keychain. */
export const keptText = {
  read: (key: string): Promise<string | null> => SecureStore.getItemAsync(key),
  write: (key: string, value: string | null): Promise<void> =>
    value === null ? SecureStore.deleteItemAsync(key) : SecureStore.setItemAsync(key, value),
};
