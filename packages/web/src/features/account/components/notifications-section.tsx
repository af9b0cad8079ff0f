import { useState } from "react";
import { Button } from "../../../components/ui/button.tsx";
import {
  askForNotifications,
  notificationState,
  type NotificationState,
} from "../../../lib/notifications.ts";
import { Section } from "./section.tsx";

const WORDS: Record<NotificationState, string> = {
  granted: "Leo notifies you when a run ends while its tab is in the background.",
  denied: "Notifications from Leo are blocked. Allow them in your browser's site settings.",
  default: "Leo can notify you when a run ends while its tab is in the background.",
  insecure: "Notifications need HTTPS; this page uses plain HTTP.",
  unsupported: "This browser doesn't support notifications.",
};

export const NotificationsSection = () => {
  const [state, setState] = useState(notificationState);
  const ask = async () => setState(await askForNotifications());
  return (
    <Section title="Notifications">
      <p className="text-[13px] text-muted">{WORDS[state]}</p>
      {state === "default" && (
        <Button size="small" className="mt-3" onClick={() => void ask()}>
          Allow notifications
        </Button>
      )}
    </Section>
  );
};
