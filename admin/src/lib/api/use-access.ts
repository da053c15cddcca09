import { useQuery } from '@tanstack/react-query';
import { useServices } from '../services.js';
import { body } from './answers.js';

/** Every permission, and which role holds which. */
export function useRoles() {
  const { hub } = useServices();
  return useQuery({
    queryKey: ['roles'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/roles', { signal })),
  });
}

export function useRegions() {
  const { hub } = useServices();
  return useQuery({
    queryKey: ['regions'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/regions', { signal })),
  });
}
