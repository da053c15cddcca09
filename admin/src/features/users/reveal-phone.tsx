import { Ask } from '../../components/ui/act.js';
import { MaskedPhone } from '../../components/ui/masked-phone.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

/** A covered number; who uncovers it says why, and the hub writes that down. */
export function RevealPhone(props: { userId: string; phone: string | undefined }) {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  return (
    <>
      <MaskedPhone phone={props.phone} />
      {may('users:reveal') && props.phone && (
        <Ask
          small
          label={t('user.phone.show')}
          title={t('user.reveal')}
          text={t('user.reveal.text')}
          testId="reveal-phone"
          note={{ label: t('field.reason') }}
          onConfirm={async (reason) => {
            const { phone } = body(
              await hub.client.POST('/core/v0/users/{id}/reveal', {
                params: { path: { id: props.userId } },
                body: { reason },
              }),
            );
            return {
              title: t('user.phone'),
              reveal: (
                <b className="mono" data-testid="revealed">
                  {phone ?? '–'}
                </b>
              ),
            };
          }}
        />
      )}
    </>
  );
}
