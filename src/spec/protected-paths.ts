// Files through which a box could get code run outside of it later: what tools and shells read by themselves.

/** A path below a folder that is shown writable. */
export interface ProtectedPath {
  readonly path: string;
  /**
   * What keeps its place where nothing is: an empty file, or an empty folder. In a project it is a folder also for
   * what would be a file, since version control takes up empty files, and knows no empty folders.
   */
  readonly isFile: boolean;
}

const dir = (path: string): ProtectedPath => ({ path, isFile: false });
const file = (path: string): ProtectedPath => ({ path, isFile: true });

/** In a project: git runs hooks and what its configuration names; editors, direnv, CI and agents run tasks. */
export const PROJECT_PATHS: readonly ProtectedPath[] = [
  dir(".git/hooks"),
  file(".git/config"),
  file(".git/config.worktree"),
  file(".git/info/attributes"),
  dir(".envrc"),
  dir(".gitlab-ci.yml"),
  dir(".mcp.json"),
  dir(".pre-commit-config.yaml"),
  dir("Jenkinsfile"),
  dir(".circleci"),
  dir(".claude"),
  dir(".cursor"),
  dir(".devcontainer"),
  dir(".github/workflows"),
  dir(".husky"),
  dir(".idea"),
  dir(".vscode"),
];

/** In a home: what shells, login managers, ssh and editors read when they start. */
export const HOME_PATHS: readonly ProtectedPath[] = [
  file(".bash_login"),
  file(".bash_logout"),
  file(".bash_profile"),
  file(".bashrc"),
  file(".emacs"),
  file(".gitconfig"),
  file(".inputrc"),
  file(".profile"),
  file(".vimrc"),
  file(".xprofile"),
  file(".zlogin"),
  file(".zprofile"),
  file(".zshenv"),
  file(".zshrc"),
  dir(".config/autostart"),
  dir(".config/environment.d"),
  dir(".config/fish"),
  dir(".config/git"),
  dir(".config/nvim"),
  dir(".config/systemd"),
  dir(".local/bin"),
  dir(".ssh"),
];
