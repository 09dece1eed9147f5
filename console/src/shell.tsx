import {
  ActionIcon,
  Anchor,
  Button,
  Container,
  Group,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { lazy, Suspense } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { Job } from "./job.tsx";
import { Jobs } from "./jobs.tsx";
import mark from "./mark.svg";
import { Model } from "./model.tsx";
import { ModelCard } from "./model-card.tsx";
import { Models } from "./models.tsx";
import { Platform } from "./platform.tsx";
import { Runs } from "./runs.tsx";
import { Empty, Loading } from "./state.tsx";
import { Webhook } from "./webhook.tsx";
import { Webhooks } from "./webhooks.tsx";

// Charts are half of the console's code, and one page needs them.
const Run = lazy(() => import("./run.tsx"));

const rooms = [
  { href: "/", label: "Models", below: "/models" },
  { href: "/runs", label: "Runs", below: "/runs" },
  { href: "/jobs", label: "Jobs", below: "/jobs" },
  { href: "/webhooks", label: "Webhooks", below: "/webhooks" },
];

/** The frame around every page. */
export function Shell() {
  return (
    <>
      <a className="skip" href="#content">
        To the content
      </a>
      <header className="bar">
        <Container size="lg" className="bar-inner">
          <Link href="/" className="brand">
            <img src={mark} alt="" width={24} height={24} />
            Bedplate
          </Link>
          <Navigation />
          <Group gap="xs" ml="auto" wrap="nowrap">
            <SchemeSwitch />
            <form method="post" action="/logout">
              <Button type="submit" variant="default" size="compact-sm">
                Sign out
              </Button>
            </form>
          </Group>
        </Container>
      </header>
      <Container size="lg" py="lg" component="main" id="content">
        <Platform />
        <Suspense fallback={<Loading rows={6} />}>
          <Switch>
            <Route path="/" component={Models} />
            <Route path="/models" component={Models} />
            <Route path="/models/:name">{({ name }) => <Model key={name} name={name} />}</Route>
            <Route path="/models/:name/versions/:version">
              {({ name, version }) => (
                <ModelCard key={`${name}/${version}`} name={name} version={Number(version)} />
              )}
            </Route>
            <Route path="/runs" component={Runs} />
            <Route path="/runs/:id">{({ id }) => <Run key={id} id={id} />}</Route>
            <Route path="/jobs" component={Jobs} />
            <Route path="/jobs/:id">{({ id }) => <Job key={id} id={id} />}</Route>
            <Route path="/webhooks" component={Webhooks} />
            <Route path="/webhooks/:id">{({ id }) => <Webhook key={id} id={id} />}</Route>
            <Route>
              <Empty title="There is no such page">
                <Anchor component={Link} href="/">
                  To the models
                </Anchor>
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </Container>
    </>
  );
}

function Navigation() {
  const [location] = useLocation();
  return (
    <nav className="nav" aria-label="Main">
      {rooms.map(({ href, label, below }) => {
        const here = location === href || location.startsWith(below);
        return (
          <Link key={href} href={href} {...(here ? { "aria-current": "page" as const } : {})}>
            {label}
          </Link>
        );
      })}
      <a href="/docs/">API</a>
    </nav>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={dark ? "Light colours" : "Dark colours"}
      title={dark ? "Light colours" : "Dark colours"}
      onClick={() => setColorScheme(dark ? "light" : "dark")}
    >
      <svg viewBox="0 0 24 24" width="18" height="18" fill="currentColor" aria-hidden="true">
        <path d="M12 4a8 8 0 0 1 0 16z" />
        <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" strokeWidth="1.7" />
      </svg>
    </ActionIcon>
  );
}
