import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

// A second, which is the default, is too little on a busy machine.
configure({ asyncUtilTimeout: 15_000 });

afterEach(() => {
  cleanup();
  globalThis.localStorage?.clear();
});
