import { useQuery } from '@tanstack/react-query';
import { isTerminalOrderState } from '@voltbay/protocol/domain';
import { useLocalSearchParams, useRouter } from 'expo-router';
import { useState } from 'react';
import { SignInGate } from '../../components/sign-in/sign-in-gate.js';
import { Screen } from '../../components/ui/screen.js';
import { Failed, Loading } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { SwapForm } from './swap-form.js';
import { SwapLive } from './swap-live.js';

export function SwapScreen() {
  return (
    <SignInGate>
      <SignedInSwap />
    </SignInGate>
  );
}

/** A swap that is under way is picked up again here, also after the app was closed in the middle of it. */
function SignedInSwap() {
  const t = useT();
  const router = useRouter();
  const { api } = useServices();
  const { station } = useLocalSearchParams<{ station?: string }>();
  const [followed, setFollowed] = useState<string | null>(null);
  const [openedAt] = useState(() => Date.now());
  const latest = useQuery({ queryKey: ['orders', 'latest'], queryFn: () => api.orders(1), staleTime: 0 });

  // What was kept from the last time, and may be put back after this screen opened, can be over by now: it counts only when nobody can
  // be asked. It carries the time of its answer, so the time tells.
  const asked = latest.dataUpdatedAt >= openedAt || latest.isError;
  const open = (asked ? latest.data : undefined)?.find((order) => !isTerminalOrderState(order.state)) ?? null;
  const orderId = followed ?? open?.id ?? null;

  if (orderId !== null) {
    return (
      <SwapLive
        orderId={orderId}
        onLeave={(next) => {
          setFollowed(null);
          void latest.refetch();
          if (typeof next === 'object') router.navigate(`/swap?station=${next.stationId}`);
          if (next === 'stations') router.navigate('/');
          if (next === 'receipt') router.push(`/order/${orderId}`);
        }}
        onFollow={setFollowed}
      />
    );
  }
  if (!asked) return <Loading />;
  if (latest.error && !latest.data) {
    return (
      <Screen title={t('swap.title')}>
        <Failed error={latest.error} onRetry={() => void latest.refetch()} />
      </Screen>
    );
  }
  return (
    <SwapForm stationId={station ?? null} onStarted={setFollowed} onCheck={() => void latest.refetch()} />
  );
}
