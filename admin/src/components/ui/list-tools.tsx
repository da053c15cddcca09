import { Button, Checkbox, Input, Popover } from 'antd';
import { useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import type { ListSearch } from '../../lib/list-search.js';
import { type ListPreferences, MAX_VIEWS } from '../../lib/lists/list-preferences.js';
import styles from './list-tools.module.css';

/** Which columns the list shows; the first one names the row and stays. */
export function ColumnChoice(props: {
  columns: readonly { key: string; title: string }[];
  hidden: readonly string[];
  onChange: (hidden: string[]) => void;
}) {
  const t = useT();
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div className={styles.columns}>
          {props.columns.map(({ key, title }, index) => (
            <Checkbox
              key={key}
              disabled={index === 0}
              checked={!props.hidden.includes(key)}
              onChange={(event) =>
                props.onChange(
                  event.target.checked
                    ? props.hidden.filter((other) => other !== key)
                    : [...props.hidden, key],
                )
              }
            >
              {title}
            </Checkbox>
          ))}
        </div>
      }
    >
      <Button data-testid="choose-columns">{t('list.columns')}</Button>
    </Popover>
  );
}

/** Searches of this list that were given a name. */
export function SavedViews(props: {
  search: ListSearch;
  views: ListPreferences['views'];
  onOpen: (search: ListSearch) => void;
  onChange: (views: ListPreferences['views']) => void;
}) {
  const t = useT();
  const [name, setName] = useState('');
  const [open, setOpen] = useState(false);
  const wanted = name.trim();
  const save = (): void => {
    if (!wanted) return;
    const others = props.views.filter((view) => view.name !== wanted);
    const { page: _page, ...search } = props.search;
    props.onChange([...others, { name: wanted, search }].slice(-MAX_VIEWS));
    setName('');
  };
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      open={open}
      onOpenChange={setOpen}
      content={
        <div className={styles.views}>
          {props.views.length === 0 && <p className="muted">{t('list.views.none')}</p>}
          <ul>
            {props.views.map((view) => (
              <li key={view.name}>
                <button
                  type="button"
                  className={styles.view}
                  onClick={() => {
                    setOpen(false);
                    props.onOpen(view.search);
                  }}
                >
                  {view.name}
                </button>
                <button
                  type="button"
                  className={styles.remove}
                  aria-label={t('list.views.remove', { name: view.name })}
                  onClick={() => props.onChange(props.views.filter((other) => other.name !== view.name))}
                >
                  ×
                </button>
              </li>
            ))}
          </ul>
          <div className={styles.save}>
            <Input
              maxLength={40}
              value={name}
              aria-label={t('list.views.name')}
              placeholder={t('list.views.name')}
              onChange={(event) => setName(event.target.value)}
              onPressEnter={save}
            />
            <Button type="primary" disabled={!wanted} onClick={save} data-testid="save-view">
              {t('list.views.save')}
            </Button>
          </div>
        </div>
      }
    >
      <Button data-testid="saved-views">
        {t('list.views')}
        {props.views.length > 0 && ` ${props.views.length}`}
      </Button>
    </Popover>
  );
}
