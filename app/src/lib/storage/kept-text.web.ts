/** The browser's own store; a browser has no keychain, so tokens there live as long as the session does. */
export const keptText = {
  read: async (key: string): Promise<string | null> => localStorage.getItem(key),
  write: async (key: string, value: string | null): Promise<void> => {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  },
};
