/** The desktop's notifications, which browsers offer in a secure context only. */

/** `insecure`: the page came over plain HTTP. `unsupported`: this browser has none for pages. */
export type NotificationState = NotificationPermission | "insecure" | "unsupported";

export const notificationState = (): NotificationState => {
  if (!isSecureContext) return "insecure";
  return "Notification" in window ? Notification.permission : "unsupported";
};

/** Asks the person; to be called while a click is handled, and only in the state `default`. */
export const askForNotifications = async (): Promise<NotificationState> => Notification.requestPermission();

/** Shows a notification where that is allowed; a click on it brings this page to the front. @param tag replaces the earlier one */
export const notify = (title: string, body: string, tag: string): void => {
  if (notificationState() !== "granted") return;
  const notification = new Notification(title, { body, tag });
  notification.addEventListener("click", () => {
    window.focus();
    notification.close();
  });
};
