import { Component, type ReactNode } from "react";

/** What is shown instead of a page that failed, and why it did, for whoever builds it. */
export class Boundary extends Component<{ instead: ReactNode; children: ReactNode }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}
