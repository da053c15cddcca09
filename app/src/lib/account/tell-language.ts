import type { AccountApi } from '../api/account-api.js';
import type { Language } from '../preferences.js';

/** The hub writes messages in the language that the rider chose last. Unheard without a network: the next choice or sign-in tells it again. */
export async function tellLanguage(
  api: Pick<AccountApi, 'me' | 'user' | 'updateUser'>,
  language: Language,
): Promise<void> {
  try {
    const { sub } = await api.me();
    const user = await api.user(sub);
    if (user.locale !== language) await api.updateUser(user, { locale: language });
  } catch {
    // What the screens show does not depend on it.
  }
}
