import { Button } from "@mantine/core";

interface ShowMoreProps {
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onMore: () => unknown;
  /** Whether it stands in a panel, which leaves no room around what it holds. */
  readonly inPanel?: boolean;
}

/** Asks for the next page of a list; nothing where there is none. */
export function ShowMore({ hasMore, isLoading, onMore, inPanel = false }: ShowMoreProps) {
  if (!hasMore) return null;
  const button = (
    <Button variant="default" loading={isLoading} onClick={() => onMore()}>
      Show more
    </Button>
  );
  return inPanel ? <div className="panel-pad">{button}</div> : button;
}
